"""What was or would be done, told to a person, to a pull request or to a program."""

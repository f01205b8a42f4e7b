"""What an update would do to a project: values from a project, its history and two versions of its template."""

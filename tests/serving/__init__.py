"""The three ways of answering — online, batch, embedded — of real generated repositories, asked from outside."""

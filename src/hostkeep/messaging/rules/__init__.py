"""Pure rules of mail: which templates there are, what a message is made of, when to try again."""

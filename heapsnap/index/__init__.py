"""What was found out about a snapshot, kept on disk: the second command need not find it again."""

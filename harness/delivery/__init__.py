"""What the workflows do beyond the other verbs: the jobs that there are, plans kept between them, GitHub."""

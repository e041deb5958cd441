"""The parts that only workflows need: jobs, plans kept between them, comments and issues on GitHub."""

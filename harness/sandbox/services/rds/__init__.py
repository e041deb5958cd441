"""RDS: Aurora PostgreSQL global databases, and what MiniStack's RDS answers wrongly."""

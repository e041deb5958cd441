"""What the functions of an environment share. Packaged beside each handler.py; needs boto3 only."""

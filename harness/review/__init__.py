"""What people review before it is applied: summaries of plans, the record of a review, and confirmations."""

"""The failover controller: a majority of the regions decides which one writes. See README.md."""

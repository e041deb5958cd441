"""The failover controller: who may write, decided by a majority of regions. README.md tells the protocol."""

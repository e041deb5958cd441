"""Everything that runs Terraform: finding it, running it wave by wave, telling what it did."""

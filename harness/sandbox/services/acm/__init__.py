"""Certificate Manager: the options of certificates, which MiniStack forgets."""

"""Services of AWS: the strict ones, and those in which moto differs from AWS."""

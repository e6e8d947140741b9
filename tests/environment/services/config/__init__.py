"""AWS Config: results of custom rules, histories of resources, aggregators."""

"""AWS Step Functions: state machines run, with the functions that they invoke."""

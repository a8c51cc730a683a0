"""One appliance: both processes, their files and their port, started and stopped as one thing."""

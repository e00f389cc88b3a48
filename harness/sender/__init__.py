"""The process that sends: inside the testbed and under its clock, so that countdowns mean what they say."""

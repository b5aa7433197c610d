"""The manual driver: a person does the work.  Start at driver.py."""

"""The exams that drivers sit, ours and yours, and fakes that pass them.

A test module subclasses an exam and says how to make its driver.  Start at payments.py.
"""

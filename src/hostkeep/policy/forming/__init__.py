"""Turn a draft that makes sense into a frozen policy.  Each module forms one part; start at whole.py."""

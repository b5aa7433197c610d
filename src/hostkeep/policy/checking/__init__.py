"""What makes no sense, or no law, in a policy whose pieces have the right shape.  policy/compile.py runs it.

Each module checks one matter.  Checks named `refuse_*` and `note_*` look at what stands in the file and run
always.  Those named `miss_*` look for what does not.  They run only when nothing was left out as misshapen,
since a piece left out would look like a piece forgotten.
"""

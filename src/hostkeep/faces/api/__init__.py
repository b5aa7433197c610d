"""The API. Its ground comes with the policy issue."""

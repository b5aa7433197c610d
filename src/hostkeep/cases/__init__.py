"""The privacy desk: subject and legal requests, disputes, holds. Empty until its issue lands."""

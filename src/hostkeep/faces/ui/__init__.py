"""The ui kit all faces share: templates, tags, middleware, answers to refusals."""

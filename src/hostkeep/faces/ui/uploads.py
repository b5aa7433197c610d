"""Posted files: in memory and small, never on disk, where they would lie in clear."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadhandler import MemoryFileUploadHandler


class InMemoryOnly(MemoryFileUploadHandler):
    """Refuses a body with files that is larger than FILE_UPLOAD_MAX_MEMORY_SIZE before any of it is read.

    Django's own way writes larger files into the system's temporary folder, whoever sends them and to
    whatever page.
    """

    def handle_raw_input(
        self,
        input_data: Any,
        META: Any,  # noqa: N803  Django's name
        content_length: int,
        boundary: Any,
        encoding: Any = None,
    ) -> Any:
        """Look at the length alone.  Raises RequestDataTooBig, which answers 400."""
        if content_length > settings.FILE_UPLOAD_MAX_MEMORY_SIZE:
            raise RequestDataTooBig("files too big")
        return super().handle_raw_input(input_data, META, content_length, boundary, encoding)

"""Small files of each kind, as their programs write them."""

import io
import struct
import zlib
from typing import Any

import pydicom
from django.core.files.uploadedfile import SimpleUploadedFile
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, SecondaryCaptureImageStorage, generate_uid

PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + b"\x01" * 40 + b"\xff\xd9"
HTML = b"<!DOCTYPE html><html><script>alert(1)</script></html>"


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


PNG = (
    b"\x89PNG\r\n\x1a\n"
    + _chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
    + _chunk(b"IDAT", zlib.compress(b"\x00\x00"))
    + _chunk(b"IEND", b"")
)


def dicom(**patient: Any) -> bytes:
    """A DICOM file with these elements of its patient, and pixels."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = SecondaryCaptureImageStorage
    meta.MediaStorageSOPInstanceUID = generate_uid()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    data = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    data.SOPClassUID = SecondaryCaptureImageStorage
    data.SOPInstanceUID = meta.MediaStorageSOPInstanceUID
    data.SpecificCharacterSet = "ISO_IR 192"
    for name, value in patient.items():
        setattr(data, name, value)
    data.Rows = data.Columns = 2
    data.BitsAllocated = 8
    data.PixelData = b"\x01\x02\x03\x04"
    file = io.BytesIO()
    pydicom.dcmwrite(file, data, enforce_file_format=True)
    return file.getvalue()


class Upload(SimpleUploadedFile):
    """A file that a test client may send again."""

    def read(self, *args: Any) -> bytes:
        """All of it, from the beginning each time."""
        self.seek(0)
        content: bytes = super().read(*args)
        return content


def upload(content: bytes = PDF, name: str = "report.pdf") -> Upload:
    """A file as a browser or a client sends it."""
    return Upload(name, content, content_type="text/html")

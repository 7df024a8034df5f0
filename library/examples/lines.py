#!/usr/bin/env python3
"""lines.py HOME THREAD: prints each record of a thread with its offset.

Needs nothing but the standard library and libcoldpress.so.0.
"""
import ctypes
import os
import sys

ABI = 0


class Error(ctypes.Structure):
    _fields_ = [("kind", ctypes.c_int), ("sys", ctypes.c_int),
                ("message", ctypes.c_char * 504)]


class Line(ctypes.Structure):
    _fields_ = [("text", ctypes.POINTER(ctypes.c_char)), ("length", ctypes.c_size_t),
                ("offset", ctypes.c_uint64), ("number", ctypes.c_uint64),
                ("newline", ctypes.c_int), ("state", ctypes.c_int),
                ("has_ordinal", ctypes.c_int), ("ordinal", ctypes.c_uint64),
                ("type", ctypes.c_char_p)]


def main():
    if len(sys.argv) != 3:
        sys.exit("usage: lines.py HOME THREAD")
    library = ctypes.CDLL(os.environ.get("LIBCOLDPRESS", "libcoldpress.so.0"))
    library.coldpress_store_close.argtypes = [ctypes.c_void_p]
    library.coldpress_store_close.restype = None
    library.coldpress_reader_close.argtypes = [ctypes.c_void_p]
    library.coldpress_reader_close.restype = None
    error = Error()
    store = ctypes.c_void_p()
    reader = ctypes.c_void_p()
    line = Line()

    def check(result):
        if result < 0:
            sys.exit("lines.py: " + error.message.decode())
        return result

    check(library.coldpress_store_open(ABI, os.fsencode(sys.argv[1]), ctypes.byref(store),
                                       ctypes.byref(error)))
    check(library.coldpress_reader_open(store, os.fsencode(sys.argv[2]),
                                        ctypes.byref(reader), ctypes.byref(error)))
    while check(library.coldpress_reader_next(reader, ctypes.byref(line),
                                              ctypes.byref(error))):
        text = ctypes.string_at(line.text, line.length)
        print(line.offset, text.decode("utf-8", "replace"))
    library.coldpress_reader_close(reader)
    library.coldpress_store_close(store)


if __name__ == "__main__":
    main()

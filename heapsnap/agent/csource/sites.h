/* Where the objects of the rows were allocated: sites.py again. */
#ifndef HEAPSNAP_SITES_H
#define HEAPSNAP_SITES_H

#include "chunk.h"

/* Py_TPFLAGS_MANAGED_DICT, Include/object.h (3.11). */
enum { MANAGED_DICT = 1 << 4 };

static PyObject *read_frames(PyObject *read, PyObject *read_block, PyObject *object)
{
    if (read_block == Py_None || !(PyType_GetFlags(Py_TYPE(object)) & MANAGED_DICT))
        return PyObject_CallFunctionObjArgs(read, object, NULL);
    PyObject *address = PyLong_FromVoidPtr(object);
    PyObject *frames = address ? PyObject_CallFunctionObjArgs(read_block, address, NULL) : NULL;
    Py_XDECREF(address);
    return frames;
}

static int write_site(Text *column, PyObject *sites, PyObject *frames)
{
    PyObject *number = frames ? PyObject_GetItem(sites, frames) : NULL;
    int done = number != NULL && write_text_value(column, number);
    Py_XDECREF(frames);
    Py_XDECREF(number);
    return done;
}

static PyObject *Chunk_sites(Chunk *chunk, PyObject *sites)
{
    Text column = {0}, text = {0};
    PyObject *written = NULL, *read = PyObject_GetAttrString(sites, "read");
    PyObject *read_block = PyObject_GetAttrString(sites, "read_block");
    Py_ssize_t containers = chunk->containers.used, leaves = chunk->leaves.used;
    int done = read != NULL && read_block != NULL;
    for (Py_ssize_t i = 0; done && i < containers + leaves; i++) {
        int64_t index = i < containers ? i : chunk->leaves.data[i - containers];
        done = write_site(&column, sites,
                          read_frames(read, read_block, chunk->objects.data[index]));
    }
    if (done && write_column(&text, "[", &column))
        written = PyUnicode_FromStringAndSize(text.data, text.used);
    free(column.data);
    free(text.data);
    Py_XDECREF(read);
    Py_XDECREF(read_block);
    return written;
}

#endif

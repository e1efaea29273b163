/* What a chunk is made of. */
#ifndef HEAPSNAP_CHUNK_H
#define HEAPSNAP_CHUNK_H

#include "vectors.h"

typedef struct {
    PyObject_HEAD
    PyObject *owners;      /* lists that hold what the pointers point to */
    Pointers objects;      /* after number(): containers, references, what the roots name */
    Pointers containers;
    Pointers references;
    Numbers counts;        /* references by container */
    Pointers shapes;       /* texts by container; owned */
    Text types, sizes, refcounts;
    Py_ssize_t row_count, reference_count;
    Py_ssize_t slot_mask;
    int32_t *slots;        /* address -> first index in objects, plus one; 0 is a free slot */
    Numbers firsts;        /* by object: the first index of the same address */
    Numbers fresh;         /* first indices of what is no container here, in order */
    Numbers leaves, elsewhere;
    Numbers group_starts, group_members;
} Chunk;

static PyObject *item_of(PyObject *sequence, Py_ssize_t index)
{
    return PyList_Check(sequence) ? PyList_GetItem(sequence, index)
                                  : PyTuple_GetItem(sequence, index);
}

static int keep_alive(Chunk *chunk, PyObject *owner)
{
    return PyList_Append(chunk->owners, owner) == 0;
}

#endif

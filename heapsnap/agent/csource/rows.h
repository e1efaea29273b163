/* Rows: types, sizes, reference counts. */
#ifndef HEAPSNAP_ROWS_H
#define HEAPSNAP_ROWS_H

#include "chunk.h"

static int add_shape(Chunk *chunk, PyObject *shape, int64_t count)
{
    if (!push(&chunk->shapes, shape))
        return 0;
    Py_INCREF(shape);
    return append(&chunk->counts, count);
}

/* Sizes of instances that stand at `members`; `instances` is made only where Python is asked. */
static int add_rows(Chunk *chunk, PyObject *plan, PyObject **members, Py_ssize_t count)
{
    int done = 0;
    PyObject *rule = NULL, *number = PyObject_GetAttrString(plan, "number_text");
    PyObject *sizes = PyObject_GetAttrString(plan, "sizes");
    if (number == NULL || sizes == NULL)
        goto end;
    chunk->row_count += count;
    if (!write_text_value(&chunk->types, number)
        || !write_value(&chunk->types, count))
        goto end;
    rule = PyObject_CallMethod(sizes, "rule", "(O)", members[0]);
    if (rule == NULL)
        goto end;
    if (rule == Py_None) {
        PyObject *instances = PyList_New(count);
        if (instances == NULL)
            goto end;
        for (Py_ssize_t i = 0; i < count; i++) {
            Py_INCREF(members[i]);
            PyList_SetItem(instances, i, members[i]);
        }
        PyObject *texts = PyObject_CallMethod(sizes, "write", "(O)", instances);
        Py_DECREF(instances);
        if (texts == NULL)
            goto end;
        done = 1;
        for (Py_ssize_t i = 0; done && i < count; i++)
            done = write_text_value(&chunk->sizes, PyList_GetItem(texts, i));
        Py_DECREF(texts);
        goto end;
    }
    PyObject *method = PyTuple_GetItem(rule, 0);
    int64_t head = PyLong_AsLongLong(PyTuple_GetItem(rule, 1));
    for (Py_ssize_t i = 0; i < count; i++) {
        int64_t size = head;
        if (method != Py_None) {
            PyObject *told = PyObject_CallFunctionObjArgs(method, members[i], NULL);
            if (told == NULL)
                goto end;
            size += PyLong_AsLongLong(told);
            Py_DECREF(told);
        }
        if (!write_value(&chunk->sizes, size))
            goto end;
    }
    done = 1;
end:
    Py_XDECREF(rule);
    Py_XDECREF(sizes);
    Py_XDECREF(number);
    return done;
}

static int add_refcounts(Chunk *chunk, PyObject *refcounts, Py_ssize_t count)
{
    for (Py_ssize_t i = 0; i < count; i++)
        if (!write_text_value(&chunk->refcounts, item_of(refcounts, i)))
            return 0;
    return 1;
}

/* What is the same for all ways to describe: the rows of the instances but for their references. */
static int add_instances(Chunk *chunk, PyObject *plan, PyObject *instances, PyObject *refcounts)
{
    Py_ssize_t count = PySequence_Size(instances), start = chunk->containers.used;
    if (!keep_alive(chunk, instances) || !ROOM(&chunk->containers, count))
        return 0;
    for (Py_ssize_t i = 0; i < count; i++)
        push(&chunk->containers, item_of(instances, i));
    return add_refcounts(chunk, refcounts, count)
        && add_rows(chunk, plan, (PyObject **)chunk->containers.data + start, count);
}

static int add_list(Chunk *chunk, PyObject *references)
{
    Py_ssize_t count = PyList_Size(references);
    if (!keep_alive(chunk, references) || !ROOM(&chunk->references, count))
        return 0;
    for (Py_ssize_t i = 0; i < count; i++)
        push(&chunk->references, PyList_GetItem(references, i));
    return 1;
}

static PyObject *Chunk_add_described(Chunk *chunk, PyObject *args)
{
    PyObject *plan, *instances, *refcounts, *references, *counts, *shapes;
    if (!PyArg_ParseTuple(args, "OOOO!O!O!", &plan, &instances, &refcounts, &PyList_Type,
                          &references, &PyList_Type, &counts, &PyList_Type, &shapes))
        return NULL;
    if (!add_list(chunk, references))
        return NULL;
    for (Py_ssize_t i = 0; i < PyList_Size(counts); i++)
        if (!add_shape(chunk, PyList_GetItem(shapes, i),
                       PyLong_AsLongLong(PyList_GetItem(counts, i))))
            return NULL;
    chunk->reference_count = chunk->references.used;
    if (!add_instances(chunk, plan, instances, refcounts))
        return NULL;
    Py_RETURN_NONE;
}

#endif

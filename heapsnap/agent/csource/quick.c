/* The chunk of a snapshot in C: chunk.py, statement for statement, and the same bytes.
 *
 * Only for where nothing else runs (in the child): objects are held by pointers that own nothing,
 * so that no reference count is touched and no page of the heap copied for it. What is
 * rare is asked of the same Python code as ever. Nothing here calls what a program can define: only
 * tp_traverse, PyDict_Next, the C getter of __dict__ and Python's own __sizeof__ methods.
 */
#include "describing.h"
#include "others.h"
#include "sites.h"
#include "text.h"

static PyObject *Chunk_new(PyTypeObject *type, PyObject *Py_UNUSED(args), PyObject *Py_UNUSED(more))
{
    allocfunc allocate = PyType_GetSlot(type, Py_tp_alloc);
    Chunk *chunk = (Chunk *)allocate(type, 0);
    if (chunk != NULL && (chunk->owners = PyList_New(0)) == NULL)
        Py_CLEAR(chunk);
    return (PyObject *)chunk;
}

static void Chunk_dealloc(Chunk *chunk)
{
    PyTypeObject *type = Py_TYPE(chunk);
    for (Py_ssize_t i = 0; i < chunk->shapes.used; i++)
        Py_DECREF((PyObject *)chunk->shapes.data[i]);
    void *blocks[] = {
        chunk->objects.data, chunk->containers.data, chunk->references.data, chunk->counts.data,
        chunk->shapes.data, chunk->types.data, chunk->sizes.data, chunk->refcounts.data,
        chunk->slots, chunk->firsts.data, chunk->fresh.data, chunk->leaves.data,
        chunk->elsewhere.data, chunk->group_starts.data, chunk->group_members.data,
    };
    for (size_t i = 0; i < sizeof(blocks) / sizeof(*blocks); i++)
        free(blocks[i]);
    Py_XDECREF(chunk->owners);
    freefunc release = PyType_GetSlot(type, Py_tp_free);
    release(chunk);
    Py_DECREF(type);
}

static PyObject *get_container_count(Chunk *chunk, void *Py_UNUSED(closure))
{
    return PyLong_FromSsize_t(chunk->containers.used);
}

static PyObject *get_row_count(Chunk *chunk, void *Py_UNUSED(closure))
{
    return PyLong_FromSsize_t(chunk->row_count);
}

static PyObject *get_reference_count(Chunk *chunk, void *Py_UNUSED(closure))
{
    return PyLong_FromSsize_t(chunk->reference_count);
}

static PyGetSetDef chunk_fields[] = {
    {"container_count", (getter)get_container_count, NULL, NULL, NULL},
    {"row_count", (getter)get_row_count, NULL, NULL, NULL},
    {"reference_count", (getter)get_reference_count, NULL, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyMethodDef chunk_methods[] = {
    {"add", (PyCFunction)Chunk_add, METH_VARARGS, NULL},
    {"add_described", (PyCFunction)Chunk_add_described, METH_VARARGS, NULL},
    {"number", (PyCFunction)Chunk_number, METH_O, NULL},
    {"known", (PyCFunction)Chunk_known, METH_O, NULL},
    {"leave_out", (PyCFunction)Chunk_leave_out, METH_VARARGS, NULL},
    {"group_others", (PyCFunction)Chunk_group_others, METH_O, NULL},
    {"untracked", (PyCFunction)Chunk_untracked, METH_O, NULL},
    {"add_elsewhere", (PyCFunction)Chunk_add_elsewhere, METH_O, NULL},
    {"add_leaves", (PyCFunction)Chunk_add_leaves, METH_VARARGS, NULL},
    {"leaf_addresses", (PyCFunction)Chunk_leaf_addresses, METH_O, NULL},
    {"sites", (PyCFunction)Chunk_sites, METH_O, NULL},
    {"write", (PyCFunction)(void (*)(void))Chunk_write, METH_VARARGS | METH_KEYWORDS, NULL},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot chunk_slots[] = {
    {Py_tp_new, Chunk_new},
    {Py_tp_dealloc, Chunk_dealloc},
    {Py_tp_methods, chunk_methods},
    {Py_tp_getset, chunk_fields},
    {0, NULL},
};

static PyType_Spec chunk_spec = {
    .name = "heapsnap.agent._quick.Chunk",
    .basicsize = sizeof(Chunk),
    .flags = Py_TPFLAGS_DEFAULT,
    .slots = chunk_slots,
};

/* Objects and their reference counts by class: see split in chunk.py. */
static PyObject *split(PyObject *Py_UNUSED(module), PyObject *args)
{
    PyObject *objects, *refcounts;
    if (!PyArg_ParseTuple(args, "O!O!", &PyList_Type, &objects, &PyList_Type, &refcounts))
        return NULL;
    Py_ssize_t count = PyList_Size(objects);
    Classes classes = {0};
    PyObject *groups = PyList_New(0);
    if (groups == NULL || !open_classes(&classes, count))
        goto failed;
    for (Py_ssize_t i = 0; i < count; i++) {
        PyObject *object = PyList_GetItem(objects, i);
        Py_ssize_t group = number_of_class(&classes, object);
        if (group == PyList_Size(groups)) {
            PyObject *pair = Py_BuildValue("([][])");
            int bad = pair == NULL || PyList_Append(groups, pair);
            Py_XDECREF(pair);
            if (bad)
                goto failed;
        }
        PyObject *pair = PyList_GetItem(groups, group);
        if (PyList_Append(PyTuple_GetItem(pair, 0), object)
            || PyList_Append(PyTuple_GetItem(pair, 1), PyList_GetItem(refcounts, i)))
            goto failed;
    }
    close_classes(&classes);
    return groups;
failed:
    close_classes(&classes);
    Py_XDECREF(groups);
    return NULL;
}

/* What the walk asks of a chunk, counted up when it changes: quick.py has the same number. */
enum { INTERFACE = 2 };

static PyMethodDef functions[] = {
    {"split", split, METH_VARARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static int fill(PyObject *module)
{
    PyObject *type = PyType_FromSpec(&chunk_spec);
    if (type == NULL || PyModule_AddIntConstant(module, "INTERFACE", INTERFACE)
        || PyModule_AddObject(module, "Chunk", type)) {
        Py_XDECREF(type);
        return -1;
    }
    return 0;
}

static PyModuleDef_Slot module_slots[] = {{Py_mod_exec, fill}, {0, NULL}};

static PyModuleDef module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "heapsnap.agent._quick",
    .m_methods = functions,
    .m_slots = module_slots,
};

PyMODINIT_FUNC PyInit__quick(void)
{
    return PyModuleDef_Init(&module);
}

/* Objects that hold others without telling the collector, in the ways in which extensions do. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdlib.h>

typedef struct {
    PyObject_HEAD
    PyObject *held;
    PyObject **buried;
} Holder;

static int Holder_init(Holder *self, PyObject *args, PyObject *Py_UNUSED(more))
{
    PyObject *held;
    if (!PyArg_ParseTuple(args, "O", &held))
        return -1;
    Py_INCREF(held);
    self->held = held;
    return 0;
}

static int Buried_init(Holder *self, PyObject *args, PyObject *more)
{
    if (Holder_init(self, args, more) < 0 || !(self->buried = malloc(sizeof(PyObject *))))
        return -1;
    self->buried[0] = self->held;
    self->held = NULL;
    return 0;
}

static void release(Holder *self)
{
    PyTypeObject *kind = Py_TYPE(self);
    Py_CLEAR(self->held);
    if (self->buried) {
        Py_CLEAR(self->buried[0]);
        free(self->buried);
    }
    kind->tp_free((PyObject *)self);
    Py_DECREF(kind);
}

static void Careless_dealloc(Holder *self)
{
    PyObject_GC_UnTrack(self);
    release(self);
}

/* What a careless traverse visits: the class alone. */
static int Careless_traverse(PyObject *self, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(self));
    return 0;
}

static PyType_Slot untold[] = {
    {Py_tp_init, Holder_init}, {Py_tp_dealloc, release}, {Py_tp_new, PyType_GenericNew}, {0, NULL}};
static PyType_Slot buried[] = {
    {Py_tp_init, Buried_init}, {Py_tp_dealloc, release}, {Py_tp_new, PyType_GenericNew}, {0, NULL}};
static PyType_Slot careless[] = {
    {Py_tp_init, Holder_init}, {Py_tp_dealloc, Careless_dealloc}, {Py_tp_new, PyType_GenericNew},
    {Py_tp_traverse, Careless_traverse}, {0, NULL}};

static PyType_Spec specs[] = {
    {"untold.Untold", sizeof(Holder), 0, Py_TPFLAGS_DEFAULT, untold},
    {"untold.Buried", sizeof(Holder), 0, Py_TPFLAGS_DEFAULT, buried},
    {"untold.Careless", sizeof(Holder), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC,
     careless}};

static PyObject *kept;

/* Keep one more object in a variable of C alone. */
static PyObject *keep(PyObject *Py_UNUSED(module), PyObject *object)
{
    Py_INCREF(object);
    kept = object;
    Py_RETURN_NONE;
}

static PyMethodDef functions[] = {{"keep", keep, METH_O, NULL}, {NULL, NULL, 0, NULL}};
static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, "untold", NULL, -1, functions, NULL, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit_untold(void)
{
    PyObject *module = PyModule_Create(&definition);
    for (size_t i = 0; module != NULL && i < sizeof(specs) / sizeof(*specs); i++) {
        PyObject *kind = PyType_FromSpec(&specs[i]);
        if (kind == NULL || PyModule_AddObject(module, strrchr(specs[i].name, '.') + 1, kind) < 0)
            Py_CLEAR(module);
    }
    return module;
}

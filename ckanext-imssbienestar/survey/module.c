/* The survey as a Python type: bytes in, facts out. Nothing here knows what a rule is. */

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "survey.h"

/* Values of a column are known by a place of sixteen bits. */
#define MOST_VALUES 30000

typedef struct {
    PyObject_HEAD
    Survey survey;
    bool is_busy; /* a thread works on it, without the interpreter's lock */
} SurveyObject;

static PyObject *survey_new(PyTypeObject *type, PyObject *arguments, PyObject *names)
{
    static char *known[] = {"few_values", "most_columns", "seed", NULL};
    unsigned int few_values, most_columns;
    unsigned long long seed;
    if (!PyArg_ParseTupleAndKeywords(arguments, names, "IIK", known, &few_values,
                                     &most_columns, &seed))
        return NULL;
    if (!few_values || few_values > MOST_VALUES) {
        PyErr_SetString(PyExc_ValueError, "few_values");
        return NULL;
    }
    allocfunc allocate = (allocfunc)PyType_GetSlot(type, Py_tp_alloc);
    SurveyObject *self = (SurveyObject *)allocate(type, 0);
    if (self && !survey_open(&self->survey, few_values, most_columns, seed)) {
        Py_DECREF(self);
        return PyErr_NoMemory();
    }
    return (PyObject *)self;
}

static void survey_dealloc(SurveyObject *self)
{
    PyTypeObject *type = Py_TYPE((PyObject *)self);
    survey_close(&self->survey);
    freefunc release = (freefunc)PyType_GetSlot(type, Py_tp_free);
    release(self);
    Py_DECREF(type);
}

static bool begin_work(SurveyObject *self)
{
    if (self->is_busy) {
        PyErr_SetString(PyExc_RuntimeError, "the survey is at work in another thread");
        return false;
    }
    self->is_busy = true;
    return true;
}

static PyObject *feed(SurveyObject *self, PyObject *bytes)
{
    Py_buffer view;
    bool goes_on;
    if (PyObject_GetBuffer(bytes, &view, PyBUF_SIMPLE))
        return NULL;
    if (!begin_work(self)) {
        PyBuffer_Release(&view);
        return NULL;
    }
    Py_BEGIN_ALLOW_THREADS
    goes_on = survey_feed(&self->survey, view.buf, (size_t)view.len);
    Py_END_ALLOW_THREADS
    self->is_busy = false;
    PyBuffer_Release(&view);
    return PyBool_FromLong(goes_on);
}

static bool add_value(PyObject *values, const Column *column, const Value *value)
{
    const char *text = (const char *)column->text + value->place;
    PyObject *name = PyUnicode_DecodeUTF8(text, value->length, "strict");
    PyObject *cells = PyLong_FromUnsignedLongLong(value->cells);
    bool is_added = name && cells && !PyDict_SetItem(values, name, cells);
    Py_XDECREF(name);
    Py_XDECREF(cells);
    return is_added;
}

static PyObject *values_of(const Column *column)
{
    if (!column->keeps_values)
        Py_RETURN_NONE;
    PyObject *values = PyDict_New();
    for (uint32_t number = 0; values && number < column->different; number++)
        if (!add_value(values, column, &column->values[number]))
            Py_CLEAR(values);
    return values;
}

/* In the order of survey.py's SurveyedColumn. */
static PyObject *facts_of(const Column *column)
{
    const Forms *forms = &column->forms;
    PyObject *values = values_of(column);
    if (!values)
        return NULL;
    return Py_BuildValue("(NNNIKKILLddii)", values, PyBool_FromLong(column->ascends),
                         PyBool_FromLong(column->counts), forms->kinds,
                         (unsigned long long)forms->shortest, (unsigned long long)forms->longest,
                         forms->most_digits, (long long)forms->least_whole,
                         (long long)forms->greatest_whole, forms->least, forms->greatest,
                         (int)forms->first_day, (int)forms->last_day);
}

static PyObject *columns_of(const Survey *survey)
{
    PyObject *columns = PyTuple_New((Py_ssize_t)survey->width);
    for (size_t number = 0; columns && number < survey->width; number++) {
        PyObject *facts = facts_of(&survey->columns[number]);
        if (!facts || PyTuple_SetItem(columns, (Py_ssize_t)number, facts))
            Py_CLEAR(columns);
    }
    return columns;
}

static PyObject *finish(SurveyObject *self, PyObject *Py_UNUSED(nothing))
{
    if (!begin_work(self))
        return NULL;
    PyObject *found = NULL;
    if (!survey_finish(&self->survey)) {
        found = Py_NewRef(Py_None);
    } else {
        PyObject *columns = columns_of(&self->survey);
        if (columns)
            found = Py_BuildValue("(KNN)", (unsigned long long)self->survey.rows,
                                  PyBool_FromLong(self->survey.returns != 0), columns);
    }
    self->is_busy = false;
    return found;
}

static PyMethodDef survey_methods[] = {
    {"feed", (PyCFunction)feed, METH_O, "The next bytes; whether all that came can be surveyed."},
    {"finish", (PyCFunction)finish, METH_NOARGS,
     "No more bytes: rows, whether they end in CRLF, columns; None if it cannot be surveyed."},
    {NULL, NULL, 0, NULL}};

static PyType_Slot survey_slots[] = {
    {Py_tp_doc, "A survey of a canonical CSV, fed piece by piece."},
    {Py_tp_new, (void *)survey_new},
    {Py_tp_dealloc, (void *)survey_dealloc},
    {Py_tp_methods, survey_methods},
    {0, NULL}};

static PyType_Spec survey_spec = {"ckanext.imssbienestar.checks._survey.Survey",
                                  sizeof(SurveyObject), 0, Py_TPFLAGS_DEFAULT, survey_slots};

static int module_exec(PyObject *module)
{
    PyObject *type = PyType_FromSpec(&survey_spec);
    if (!type)
        return -1;
    int failed = PyModule_AddObjectRef(module, "Survey", type);
    Py_DECREF(type);
    return failed;
}

static PyModuleDef_Slot module_slots[] = {{Py_mod_exec, (void *)module_exec}, {0, NULL}};

static struct PyModuleDef module_definition = {PyModuleDef_HEAD_INIT,
                                               "_survey",
                                               "What a canonical CSV holds, in one pass over it.",
                                               0,
                                               NULL,
                                               module_slots,
                                               NULL,
                                               NULL,
                                               NULL};

PyMODINIT_FUNC PyInit__survey(void)
{
    return PyModuleDef_Init(&module_definition);
}

/* libFuzzer's side of the fuzzers: Python is embedded to load the kernel's modules, then every input
 * goes straight to the C function fuzz_<ZVONOK_FUZZ_TARGET> that `fuzz.targets` offers by capsule. */
#include <Python.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int (*target)(const uint8_t *, size_t);

static void *find_capsule(const char *name) {
    PyObject *module = PyImport_ImportModule("fuzz.targets");
    PyObject *table = module ? PyObject_GetAttrString(module, "__pyx_capi__") : NULL;
    PyObject *capsule = table ? PyMapping_GetItemString(table, name) : NULL;
    return capsule ? PyCapsule_GetPointer(capsule, PyCapsule_GetName(capsule)) : NULL;
}

int LLVMFuzzerInitialize(int *argc, char ***argv) {
    (void)argc, (void)argv;
    const char *wanted = getenv("ZVONOK_FUZZ_TARGET");
    char name[64];
    snprintf(name, sizeof name, "fuzz_%s", wanted ? wanted : "");
    Py_InitializeEx(0);
    *(void **)&target = find_capsule(name);
    if (target)
        return 0;
    PyErr_Print();
    exit(2);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length) {
    return target(data, length);
}

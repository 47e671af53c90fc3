#define _GNU_SOURCE
#include "refusal.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int refuse(struct refusal *ret_refusal, refusal_code code, int error, const char *format, ...) {
    va_list arguments;
    ret_refusal->code = code;
    ret_refusal->error = error;
    ret_refusal->step[0] = 0;
    va_start(arguments, format);
    vsnprintf(ret_refusal->message, sizeof ret_refusal->message, format, arguments);
    va_end(arguments);
    return error > 0 ? -error : -EINVAL;
}

int refuse_system(struct refusal *ret_refusal, int error, const char *what) {
    return refuse(ret_refusal, REFUSED(SYSTEM), error, "%s: %s", what, strerror(error));
}

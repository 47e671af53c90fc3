// Why a request can't be carried out. Functions that can refuse take one as last argument and fill it when their result is not 0.
#pragma once

#include "agora/v1/launcher.pb-c.h"
#include "bounds.h"

#define REFUSED(name) AGORA__V1__LAUNCHER_RECORD__ERROR__CODE__##name

typedef Agora__V1__LauncherRecord__Error__Code refusal_code;

struct refusal {
    refusal_code code;
    int error;  // errno, or 0
    char step[MAX_STEP];
    char message[MAX_MESSAGE];
};

/// Fills the refusal. @return a negative number: -error, or -EINVAL when there is none
__attribute__((format(printf, 4, 5))) int refuse(struct refusal *ret_refusal, refusal_code code, int error, const char *format, ...);

/// A system call that failed: SYSTEM, `<what>: <text of errno>`. @return -error
int refuse_system(struct refusal *ret_refusal, int error, const char *what);

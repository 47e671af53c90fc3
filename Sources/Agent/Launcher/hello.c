#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "files.h"
#include "launcher.h"
#include "owned.h"
#include "task.h"

enum { NAMESPACES = 4 };

static const struct {
    const char *name;
    unsigned flag;
} NAMESPACE_LIST[NAMESPACES] = {{"pid", CLONE_NEWPID}, {"ipc", CLONE_NEWIPC}, {"uts", CLONE_NEWUTS}, {"mount", CLONE_NEWNS}};

/// Tries what a monitor would do. Its exit status is an errno.
static _Noreturn void try_namespace(unsigned flag) {
    int error = 0;
    if (flag & CLONE_NEWNS && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0) error = errno;
    if (error == 0 && flag & CLONE_NEWPID && mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) != 0) error = errno;
    _exit(error & 0xff);
}

int probe_namespace(unsigned flag) {
    if (flag == CLONE_NEWPID) flag |= CLONE_NEWNS;
    int status;
    pid_t pid = fork_into(flag);
    if (pid < 0) return -pid;
    if (pid == 0) try_namespace(flag);
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR) return errno;
    return WIFEXITED(status) ? WEXITSTATUS(status) : EPERM;
}

static bool instance_is_valid(const char *text) {
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";
    size_t length = text ? strnlen(text, MAX_INSTANCE + 1) : 0;
    return length > 0 && length <= MAX_INSTANCE && strspn(text, letters) == length;
}

static int check(const struct launcher *launcher, const Agora__V1__LauncherRequest__Hello *hello, struct refusal *ret_refusal) {
    if (launcher->is_ready) return refuse(ret_refusal, REFUSED(INVALID), 0, "There was a hello before");
    if (hello->protocol != PROTOCOL_VERSION)
        return refuse(ret_refusal, REFUSED(UNSUPPORTED), 0, "This launcher speaks protocol %d, not %u", PROTOCOL_VERSION, hello->protocol);
    if (!hello->work_folder || hello->work_folder[0] != '/') return refuse(ret_refusal, REFUSED(INVALID), 0, "The work folder must be absolute");
    if (!instance_is_valid(hello->instance))
        return refuse(ret_refusal, REFUSED(INVALID), 0, "An instance has 1 to %d letters, digits, _ and -", MAX_INSTANCE);
    return 0;
}

/// Waits until the launcher of a former agent has ended: it may still be carrying out what that had asked for, and what it starts must be seen here.
/// The lock is the process's own, so no monitor inherits it.
static int take_lock(int work, int *ret_lock, struct refusal *ret_refusal) {
    OWNED_FD lock = openat(work, "launcher.lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
    if (lock < 0) return refuse_system(ret_refusal, errno, "Failed to open the file 'launcher.lock'");
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    for (int64_t deadline = monotonic_ms() + PREDECESSOR_PATIENCE_MS; fcntl(lock, F_SETLK, &whole) != 0;) {
        if (errno != EAGAIN && errno != EACCES) return refuse_system(ret_refusal, errno, "Failed to lock the work folder");
        if (monotonic_ms() > deadline) return refuse(ret_refusal, REFUSED(SYSTEM), EBUSY, "Another launcher works in this folder");
        struct timespec time = {0, TICK_MS * 1000000};
        nanosleep(&time, NULL);
    }
    *ret_lock = take_fd(&lock);
    return 0;
}

/// Opens <work folder>/containers.
static int open_folder(const char *work_folder, int *ret_lock, int *ret_folder, struct refusal *ret_refusal) {
    OWNED_FD work = open(work_folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (work < 0) return refuse(ret_refusal, REFUSED(SYSTEM), errno, "Failed to open the work folder '%s': %s", work_folder, strerror(errno));
    OWNED_FD lock = -1;
    int result = take_lock(work, &lock, ret_refusal);
    if (result != 0) return result;
    if (mkdirat(work, "containers", 0755) != 0 && errno != EEXIST) return refuse_system(ret_refusal, errno, "Failed to make the folder 'containers'");
    int folder = openat(work, "containers", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0) return refuse_system(ret_refusal, errno, "Failed to open the folder 'containers'");
    *ret_folder = folder;
    *ret_lock = take_fd(&lock);
    return 0;
}

static int answer(struct launcher *launcher, uint64_t request, const int namespace_errors[NAMESPACES]) {
    typedef Agora__V1__LauncherRecord__Hello__Capability capability;
    capability list[CONTROLLERS + NAMESPACES], *pointers[CONTROLLERS + NAMESPACES];
    for (int i = 0; i < CONTROLLERS + NAMESPACES; i++) {
        bool is_controller = i < CONTROLLERS;
        int error = is_controller ? launcher->cgroups.reasons[i] : namespace_errors[i - CONTROLLERS];
        bool available = is_controller ? cgroup_has(&launcher->cgroups, (enum controller)i) : error == 0;
        agora__v1__launcher_record__hello__capability__init(&list[i]);
        list[i].name = (char *)(uintptr_t)(is_controller ? CONTROLLER_NAMES[i] : NAMESPACE_LIST[i - CONTROLLERS].name);
        list[i].has_available = 1;
        list[i].available = available;
        list[i].reason = available ? NULL : strerror(error);
        pointers[i] = &list[i];
    }
    Agora__V1__LauncherRecord__Hello hello = AGORA__V1__LAUNCHER_RECORD__HELLO__INIT;
    hello.has_protocol = hello.has_pid = hello.has_root = hello.has_cgroup_version = 1;
    hello.protocol = PROTOCOL_VERSION;
    hello.pid = (uint32_t)getpid();
    hello.root = geteuid() == 0;
    hello.boot_id = launcher->boot;
    hello.cgroup_version = (uint32_t)launcher->cgroups.version;
    hello.n_controllers = CONTROLLERS;
    hello.controllers = pointers;
    hello.n_namespaces = NAMESPACES;
    hello.namespaces = pointers + CONTROLLERS;
    answer_message message = AGORA__V1__LAUNCHER_RECORD__ANSWER__INIT;
    message.result_case = AGORA__V1__LAUNCHER_RECORD__ANSWER__RESULT_HELLO;
    message.hello = &hello;
    return answer_send(launcher, request, &message);
}

int hello_handle(struct launcher *launcher, uint64_t request, const Agora__V1__LauncherRequest__Hello *hello, struct refusal *ret_refusal) {
    int result = check(launcher, hello, ret_refusal);
    if (result != 0) return result;
    char boot[BOOT_ID_TEXT + 1];
    ssize_t length = file_read_at(AT_FDCWD, "/proc/sys/kernel/random/boot_id", boot, sizeof boot);
    if (length < 0) return refuse_system(ret_refusal, (int)-length, "Failed to read the boot id");
    boot[strcspn(boot, "\n")] = 0;
    snprintf(launcher->boot, sizeof launcher->boot, "%.*s", BOOT_ID_TEXT - 1, boot);
    OWNED_FD containers = -1;
    OWNED_FD lock = -1;
    result = open_folder(hello->work_folder, &lock, &containers, ret_refusal);
    if (result != 0) return result;
    result = cgroups_open((enum cgroup_choice)hello->cgroups, hello->instance, &launcher->cgroups);
    if (result != 0) return refuse_system(ret_refusal, -result, "Failed to look for cgroups");
    int errors[NAMESPACES];
    for (int i = 0; i < NAMESPACES; i++) {
        errors[i] = probe_namespace(NAMESPACE_LIST[i].flag);
        if (errors[i] == 0) launcher->namespaces |= NAMESPACE_LIST[i].flag;
    }
    launcher->lock = take_fd(&lock);
    launcher->containers = take_fd(&containers);
    launcher->is_ready = true;
    return answer(launcher, request, errors);
}

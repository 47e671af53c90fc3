import Foundation
import Glibc
import Synchronization

/// A process of ours, in a group of its own (so that Ctrl-C reaches us alone), its output in a file, and its standard input a pipe
/// whose end tells it that we are gone.
final class Child: @unchecked Sendable {
    // Sendable: all members are constant after init; `waitForEnd` is called once.
    let name: String
    let pid: pid_t
    let started = ContinuousClock.now
    private let lifeline: Int32

    /// - Throws: `ChildError` when the program can't be started or the log can't be written.
    init(name: String, program: String, arguments: [String], log: String) throws(ChildError) {
        var pipe: [Int32] = [-1, -1]
        guard Glibc.pipe(&pipe) == 0 else { throw ChildError("no pipe: \(String(cString: strerror(errno)))") }
        for end in pipe { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        defer { close(pipe[0]) }
        var actions = posix_spawn_file_actions_t()
        var attributes = posix_spawnattr_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawnattr_init(&attributes)
        defer {
            posix_spawn_file_actions_destroy(&actions)
            posix_spawnattr_destroy(&attributes)
        }
        posix_spawn_file_actions_adddup2(&actions, pipe[0], 0)
        posix_spawn_file_actions_addopen(&actions, 1, log, O_WRONLY | O_CREAT | O_APPEND, 0o644)
        posix_spawn_file_actions_adddup2(&actions, 1, 2)
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        posix_spawnattr_setpgroup(&attributes, 0)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK))
        var words = ([program] + arguments).map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        var pid: pid_t = 0
        let result = posix_spawn(&pid, program, &actions, &attributes, &words, environ)
        guard result == 0 else {
            close(pipe[1])
            throw ChildError("can't start \(program) with its log in \(log): \(String(cString: strerror(result)))")
        }
        StandardStreams.isOutputNeeded.store(false, ordering: .relaxed)
        self.name = name
        self.pid = pid
        lifeline = pipe[1]
    }

    deinit { close(lifeline) }

    func signal(_ number: Int32) { kill(pid, number) }

    /// Waits on a thread of its own, so that no thread of Swift's pool is held up.
    /// - Returns: for people: "exited with status 1", "was killed by signal 9".
    func waitForEnd() async -> String {
        await withCheckedContinuation { continuation in
            let thread = Thread { [pid] in
                var status: Int32 = 0
                while waitpid(pid, &status, 0) < 0, errno == EINTR {}
                let number = status & 0x7f
                continuation.resume(returning: number == 0 ? "exited with status \((status >> 8) & 0xff)" : "was killed by signal \(number)")
            }
            thread.name = "wait-\(name)"
            thread.start()
        }
    }
}

struct ChildError: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

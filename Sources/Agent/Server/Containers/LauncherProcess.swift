import Foundation
import Glibc

/// Starts the launcher's program, with one end of a socket whose other end is ours.
struct LauncherProcess {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    let pid: pid_t
    /// Ours; close-on-exec.
    let socket: CInt

    /// - Throws: `Failure`, with one sentence.
    init(program: String) throws(Failure) {
        var ends: [CInt] = [-1, -1]
        guard socketpair(AF_UNIX, CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0, &ends) == 0 else {
            throw Failure(description: "no socket for the launcher: \(Self.text(errno))")
        }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        // Duplicating onto itself would keep close-on-exec; the child's number is chosen past both.
        let number = max(ends[0], ends[1]) + 1
        posix_spawn_file_actions_adddup2(&actions, ends[1], number)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // Out of our process group: a Ctrl-C meant for the agent must not reach what it has started.
        posix_spawnattr_setpgroup(&attributes, 0)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP))
        var child: pid_t = 0
        let arguments: [UnsafeMutablePointer<CChar>?] = [strdup(program), strdup(String(number)), nil]
        let environment: [UnsafeMutablePointer<CChar>?] = [strdup("PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"), nil]
        defer { for text in arguments + environment { free(text) } }
        let error = posix_spawn(&child, program, &actions, &attributes, arguments, environment)
        close(ends[1])
        guard error == 0 else {
            close(ends[0])
            throw Failure(description: "can't start the launcher \(program): \(Self.text(error))")
        }
        pid = child
        socket = ends[0]
    }

    /// Waits for the process's end; it ends with its socket. Blocks: for a thread that may wait.
    static func reap(_ pid: pid_t) -> Int32 {
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0 && errno == EINTR {}
        return status
    }

    private static func text(_ error: Int32) -> String { String(cString: strerror(error)) }

    /// The program that belongs to this build.
    static func beside() -> String {
        let own = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments.first ?? ""
        let folder = own.lastIndex(of: "/").map { own[..<$0] } ?? "."
        return "\(folder)/agora-launcher"
    }
}

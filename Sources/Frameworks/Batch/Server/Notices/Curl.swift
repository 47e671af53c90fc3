import Foundation
import Glibc
import Synchronization

/// One run of the program curl, which knows how to speak with mail servers. What is secret reaches it by a pipe: anybody can read command lines.
final class Curl: Sendable {
    private struct State {
        var pid: pid_t = 0
        var isCancelled = false
    }

    private let state = Mutex(State())
    fileprivate static let spawning = Mutex(())
    /// What a pipe holds without anybody reading it.
    private static let limit = 60_000

    /// Why nothing was sent, in one line.
    struct Failure: Error, Hashable, CustomStringConvertible {
        let description: String
    }

    /// A line of curl's configuration file.
    static func line(_ name: String, _ value: String) -> String {
        var text = "\(name) = \""
        for character in value.unicodeScalars {
            switch character {
            case "\\", "\"": text += "\\\(character)"
            case "\n": text += "\\n"
            case "\r": text += "\\r"
            default: text.unicodeScalars.append(character)
            }
        }
        return text + "\"\n"
    }

    /// Runs it on a thread of its own and waits for its end.
    /// - Parameters:
    ///   - configuration: what would be its options.
    ///   - input: what it reads.
    ///   - seconds: after which it gives up.
    /// - Throws: `Failure`.
    func run(configuration: String, input: [UInt8], seconds: Int) async throws {
        let outcome = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let thread = Thread { continuation.resume(returning: self.work(Array(configuration.utf8), input, seconds)) }
                thread.name = "curl"
                thread.start()
            }
        } onCancel: {
            state.withLock { state in
                state.isCancelled = true
                if state.pid > 0 { kill(state.pid, SIGKILL) }
            }
        }
        if let outcome { throw Failure(description: outcome) }
    }

    /// - Returns: nil: it ended well.
    private func work(_ configuration: [UInt8], _ input: [UInt8], _ seconds: Int) -> String? {
        guard configuration.count <= Self.limit, input.count <= Self.limit else { return "the message is too long" }
        guard let options = Pipe(filledWith: configuration), let body = Pipe(filledWith: input), let errors = Pipe() else {
            return "no pipe: \(String(cString: strerror(errno)))"
        }
        defer { for pipe in [options, body, errors] { pipe.close() } }
        if let problem = start(options, body, errors, seconds) { return problem }
        errors.closeWriting()
        let text = errors.readAll(within: seconds + 10)
        // One that still runs after all that has lost its way.
        if text == nil { state.withLock { _ = kill($0.pid, SIGKILL) } }
        let status: Int32
        switch reap() {
        case .success(let number): status = number
        case .failure(let failure): return failure.description
        }
        if status == 0 { return nil }
        let line = (text ?? "").split(separator: "\n").first.map(String.init) ?? "curl ended with status \(status)"
        return line.hasPrefix("curl: ") ? String(line.dropFirst(6)) : line
    }

    /// Waits for its end. Its number is nobody else's until it is reaped, and from then on nobody kills by it.
    /// - Returns: the status as `waitpid` gives it; a failure if there is no knowing it, as where the system reaps all children by itself.
    private func reap() -> Result<Int32, Failure> {
        let pid = state.withLock { $0.pid }
        var information = siginfo_t()
        while waitid(P_PID, id_t(pid), &information, WEXITED | WNOWAIT) < 0, errno == EINTR {}
        return state.withLock { state in
            var status: Int32 = 0
            var result = waitpid(pid, &status, 0)
            while result < 0, errno == EINTR { result = waitpid(pid, &status, 0) }
            let reason = errno
            state.pid = 0
            guard result == pid else { return .failure(Failure(description: "nobody knows how curl ended: \(String(cString: strerror(reason)))")) }
            return .success(status)
        }
    }

    private func start(_ options: Pipe, _ body: Pipe, _ errors: Pipe, _ seconds: Int) -> String? {
        var actions = posix_spawn_file_actions_t()
        var attributes = posix_spawnattr_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawnattr_init(&attributes)
        defer {
            posix_spawn_file_actions_destroy(&actions)
            posix_spawnattr_destroy(&attributes)
        }
        posix_spawn_file_actions_adddup2(&actions, body.reading, 0)
        posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, errors.writing, 2)
        posix_spawn_file_actions_adddup2(&actions, options.reading, 3)
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        posix_spawnattr_setpgroup(&attributes, 0)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK))
        let arguments = [
            "curl", "--disable", "--silent", "--show-error", "--connect-timeout", "10", "--max-time", "\(seconds)", "--config", "/dev/fd/3",
            "--upload-file", "-"
        ]
        var words = arguments.map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        return state.withLock { state in
            guard !state.isCancelled else { return "the server is shutting down" }
            let result = Self.spawning.withLock { _ in posix_spawnp(&state.pid, "curl", &actions, &attributes, &words, environ) }
            guard result != 0 else { return nil }
            state.pid = 0
            return result == ENOENT ? "the program curl is not installed" : "can't start curl: \(String(cString: strerror(result)))"
        }
    }
}

/// A pipe of the operating system, closed once, and with no end below 10, so that none is in the way of what a child is given.
private final class Pipe {
    private(set) var reading: Int32 = -1
    private(set) var writing: Int32 = -1

    /// - Returns: nil: there is none; `errno` says why.
    init?() {
        var ends: [Int32] = [-1, -1]
        // No child begins while there are ends that it would inherit.
        let isMade = Curl.spawning.withLock { _ in
            guard pipe(&ends) == 0 else { return false }
            reading = fcntl(ends[0], F_DUPFD_CLOEXEC, 10)
            writing = fcntl(ends[1], F_DUPFD_CLOEXEC, 10)
            for end in ends { _ = Glibc.close(end) }
            return true
        }
        guard isMade else { return nil }
        guard reading >= 0, writing >= 0 else {
            close()
            return nil
        }
    }

    /// - Parameter bytes: fewer than a pipe holds.
    convenience init?(filledWith bytes: [UInt8]) {
        self.init()
        // A user with many pipes gets small ones, and nobody reads yet: a write that waited would wait for ever.
        guard fcntl(writing, F_SETFL, O_NONBLOCK) == 0 else {
            close()
            return nil
        }
        let count = bytes.withUnsafeBytes { write(writing, $0.baseAddress, $0.count) }
        let reason = count < 0 ? errno : EAGAIN
        closeWriting()
        guard count == bytes.count else {
            close()
            errno = reason
            return nil
        }
    }

    func closeWriting() {
        if writing >= 0 { _ = Glibc.close(writing) }
        writing = -1
    }

    func close() {
        closeWriting()
        if reading >= 0 { _ = Glibc.close(reading) }
        reading = -1
    }

    /// - Returns: the first kilobytes of what comes until all who write have closed it; nil: they haven't in time.
    func readAll(within seconds: Int) -> String? {
        let deadline = ContinuousClock.now.advanced(by: .seconds(seconds))
        var text: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4_096)
        while true {
            let rest = (deadline - .now).components.seconds
            guard rest > 0 else { return nil }
            var event = pollfd(fd: reading, events: Int16(POLLIN), revents: 0)
            guard poll(&event, 1, Int32(clamping: rest * 1_000)) != 0 else { return nil }
            let count = read(reading, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return String(decoding: text, as: UTF8.self) }
            if text.count < 8_192 { text += buffer.prefix(count) }
        }
    }
}

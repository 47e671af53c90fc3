import AgoraAPI
import Foundation
import Glibc
import SwiftProtobuf

typealias Request = Agora_V1_LauncherRequest
typealias Record = Agora_V1_LauncherRecord
typealias Answer = Agora_V1_LauncherRecord.Answer
typealias Exit = Agora_V1_ContainerExit

/// A launcher, started as an agent does it, and the agent's end of the socket. Every wait has a deadline.
final class Connection {
    static let patience: Duration = .seconds(20)

    let pid: pid_t
    private let socket: Int32
    private let stderr: FileHandle
    private var input: [UInt8] = []
    private var answers: [UInt64: Answer] = [:]
    /// The ids of the requests in the order in which their answers came.
    private(set) var order: [UInt64] = []
    private(set) var exits: [Record.Exited] = []
    private var lastID: UInt64 = 0
    /// As `reap` gives it; nil: it has not been reaped.
    private var status: Int32?

    /// - Parameter prefix: a command that runs the launcher, for example as another user.
    init(_ program: Program, prefix: [String] = []) throws {
        var ends: [Int32] = [-1, -1]
        guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0, &ends) == 0 else { throw Problem("socketpair") }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        stderr = try Self.unnamedFile()
        posix_spawn_file_actions_adddup2(&actions, ends[1], 7)
        posix_spawn_file_actions_adddup2(&actions, stderr.fileDescriptor, 2)
        let arguments = try (prefix + [program.path, "7"])
        var pointers = arguments.map { strdup($0) } + [nil]
        defer { pointers.forEach { free($0) } }
        var environment = [strdup("PATH=/usr/bin:/bin"), strdup("ASAN_OPTIONS=detect_leaks=0:abort_on_error=1"), nil]
        defer { environment.forEach { free($0) } }
        var pid: pid_t = 0
        let error = posix_spawnp(&pid, pointers[0]!, &actions, nil, &pointers, &environment)
        close(ends[1])
        guard error == 0 else { throw Problem("posix_spawn \(arguments[0]): \(error)") }
        self.pid = pid
        socket = ends[0]
    }

    deinit {
        close(socket)
        if status == nil {
            kill(pid, SIGKILL)
            waitpid(pid, nil, 0)
        }
    }

    /// What the launcher, or a sanitizer in it, has to say is only read when it has ended without being told to.
    private static func unnamedFile() throws -> FileHandle {
        var path = Array((FileManager.default.temporaryDirectory.path + "/agora-stderr-XXXXXX").utf8CString)
        let descriptor = mkstemp(&path)
        guard descriptor >= 0, fcntl(descriptor, F_SETFD, FD_CLOEXEC) == 0 else { throw Problem("mkstemp: \(errno)") }
        unlink(path)
        return FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    }

    /// Sends a request. - Returns: its id
    @discardableResult
    func send(_ call: Request.OneOf_Call) throws -> UInt64 {
        lastID += 1
        var request = Request()
        request.id = lastID
        request.call = call
        let bytes = try request.serializedBytes() as [UInt8]
        try send(bytes: Self.varint(bytes.count) + bytes)
        return lastID
    }

    func send(bytes: [UInt8]) throws {
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes { Glibc.send(socket, $0.baseAddress! + sent, bytes.count - sent, Int32(MSG_NOSIGNAL)) }
            guard count > 0 else { throw hungUp(errno) }
            sent += count
        }
    }

    func ask(_ call: Request.OneOf_Call) throws -> Answer {
        try answer(to: send(call))
    }

    func answer(to id: UInt64) throws -> Answer {
        try wait("answer to \(id)") { answers.removeValue(forKey: id) }
    }

    /// The next report of this container's end.
    func exit(of container: String) throws -> Exit {
        try wait("exit of \(container)") {
            guard let index = exits.firstIndex(where: { $0.containerID == container }) else { return nil }
            return exits.remove(at: index).exit
        }
    }

    /// Closes the agent's end, as its death does.
    func shutDown() { shutdown(socket, Int32(SHUT_RDWR)) }

    /// As above. - Returns: the launcher's exit status
    func hangUp() throws -> Int32 {
        shutDown()
        return try reap()
    }

    /// Whether anything comes in that time.
    func hasRecord(within milliseconds: Int32) -> Bool {
        var source = pollfd(fd: socket, events: Int16(POLLIN), revents: 0)
        return poll(&source, 1, milliseconds) > 0
    }

    /// Waits for the launcher's own end. - Returns: its exit status, or 128 and the signal
    func reap() throws -> Int32 {
        if let status { return status }
        let status: Int32 = try until("end of the launcher") {
            var status: Int32 = 0
            return waitpid(pid, &status, WNOHANG) == pid ? status : nil
        }
        let result = status & 0x7f == 0 ? status >> 8 & 0xff : 128 + status & 0x7f
        self.status = result
        return result
    }

    /// Why the launcher went without being told to.
    private func hungUp(_ error: Int32) -> Problem {
        let end = (try? reap()).map { $0 < 128 ? "exit \($0)" : "signal \($0 - 128)" } ?? "it goes on"
        lseek(stderr.fileDescriptor, 0, SEEK_SET)
        let words = String(decoding: stderr.availableData, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
        return Problem("the launcher has hung up: \(end)" + (error == 0 ? "" : " (errno \(error))") + (words.isEmpty ? "" : ": \(words)"))
    }

    func kill9() throws {
        kill(pid, SIGKILL)
        _ = try reap()
    }

    private func wait<T>(_ what: String, _ look: () -> T?) throws -> T {
        let deadline = ContinuousClock.now + Self.patience
        while true {
            if let found = look() { return found }
            let left = deadline - .now
            guard left > .zero else { throw Problem("no \(what) within \(Self.patience)") }
            try receive(within: Int32(left.components.seconds * 1000 + 1))
        }
    }

    private func receive(within milliseconds: Int32) throws {
        var source = pollfd(fd: socket, events: Int16(POLLIN), revents: 0)
        guard poll(&source, 1, milliseconds) > 0 else { return }
        var buffer = [UInt8](repeating: 0, count: 65536)
        let count = recv(socket, &buffer, buffer.count, 0)
        guard count > 0 else { throw hungUp(count < 0 ? errno : 0) }
        input += buffer[..<count]
        while let (length, head) = Self.frame(input), input.count >= head + length {
            let record = try Record(serializedBytes: Array(input[head..<head + length]))
            input.removeFirst(head + length)
            switch record.record {
            case .answer(let answer):
                answers[answer.requestID] = answer
                order.append(answer.requestID)
            case .exited(let exited): exits.append(exited)
            case nil: throw Problem("an empty record")
            }
        }
    }

    static func varint(_ value: Int) -> [UInt8] {
        value < 128 ? [UInt8(value)] : [UInt8(value & 127 | 128)] + varint(value >> 7)
    }

    private static func frame(_ bytes: [UInt8]) -> (length: Int, head: Int)? {
        var length = 0
        for (index, byte) in bytes.prefix(5).enumerated() {
            length |= Int(byte & 127) << (7 * index)
            if byte < 128 { return (length, index + 1) }
        }
        return nil
    }
}

/// Looks again and again, until there is something or the time is up.
func until<T>(_ what: String, within patience: Duration = Connection.patience, _ look: () throws -> T?) throws -> T {
    let deadline = ContinuousClock.now + patience
    while true {
        if let found = try look() { return found }
        guard ContinuousClock.now < deadline else { throw Problem("no \(what) within \(patience)") }
        usleep(2000)
    }
}

import Glibc
import Synchronization

/// Standard input, output and error as the system has them: what can't be read or written is an error, never the end of the program by a trap.
enum StandardStreams {
    /// Whether the program ends when what it says can't be written. One that has children looks after them, whoever listens.
    static let isOutputNeeded = Atomic<Bool>(true)

    /// Gives each of the three that was closed when the program began a file that refuses what it is for. Otherwise the first socket would take its
    /// place, and be sent what a person was to read.
    static func fillGaps() {
        for descriptor in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO] where fcntl(descriptor, F_GETFD) < 0 && errno == EBADF {
            // The lowest number that is free is this one: those below it are open by now.
            _ = open("/dev/null", descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY)
        }
    }

    /// Writes all of a text, as many attempts as it takes.
    /// - Returns: 0, or the number of the error (`errno`) that was in the way.
    static func write(_ text: String, to descriptor: Int32) -> Int32 {
        Array(text.utf8).withUnsafeBytes { bytes in
            var done = 0
            while done < bytes.count {
                let count = Glibc.write(descriptor, bytes.baseAddress?.advanced(by: done), bytes.count - done)
                let problem = errno
                if count > 0 {
                    done += count
                } else if count == 0 {
                    return EIO
                } else if problem == EAGAIN {
                    wait(for: descriptor, POLLOUT)
                } else if problem != EINTR {
                    return problem
                }
            }
            return 0
        }
    }

    /// All of standard input.
    /// - Throws: `ClientError`
    static func readInput() throws -> [UInt8] {
        try readAll(STDIN_FILENO) { ClientError("can't read standard input: \(String(cString: strerror($0)))") }
    }

    /// All of a file; `~` is the home folder.
    /// - Throws: `ClientError`, which begins with the file as it was named.
    static func readFile(_ file: String) throws -> [UInt8] {
        func refusal(_ problem: Int32) -> ClientError {
            ClientError(problem == EISDIR ? "\(file) is a folder" : "\(file): \(String(cString: strerror(problem)))")
        }
        let path = Environment.path(file)
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw refusal(errno) }
        defer { _ = Glibc.close(descriptor) }
        return try readAll(descriptor, refusal)
    }

    private static func readAll(_ descriptor: Int32, _ refusal: (Int32) -> ClientError) throws -> [UInt8] {
        var result: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = buffer.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, $0.count) }
            let problem = errno
            if count == 0 { return result }
            if count > 0 {
                result += buffer.prefix(count)
            } else if problem == EAGAIN {
                wait(for: descriptor, POLLIN)
            } else if problem != EINTR {
                throw refusal(problem)
            }
        }
    }

    /// Somebody else has made it a descriptor that doesn't block.
    private static func wait(for descriptor: Int32, _ events: Int32) {
        var request = pollfd(fd: descriptor, events: Int16(truncatingIfNeeded: events), revents: 0)
        _ = poll(&request, 1, 1_000)
    }
}

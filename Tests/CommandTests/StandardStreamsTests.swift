import Glibc
import Testing

@testable import agora

struct StandardStreamsTests {
    @Test func `what can't be written is an error with its number`() {
        let full = open("/dev/full", O_WRONLY)
        defer { close(full) }
        #expect(StandardStreams.write("text", to: full) == ENOSPC && StandardStreams.write("", to: full) == 0)
        #expect(StandardStreams.write("text", to: -1) == EBADF)
    }

    @Test func `more than a pipe holds is written by and by, also if it doesn't block`() async throws {
        var ends: [Int32] = [-1, -1]
        #expect(pipe(&ends) == 0)
        let (output, input) = (ends[0], ends[1])
        #expect(fcntl(input, F_SETFL, O_NONBLOCK) == 0)
        let text = String(repeating: "0123456789", count: 50_000)
        let reader = Task.detached {
            var count = 0
            var buffer = [UInt8](repeating: 0, count: 4_096)
            while case let size = buffer.withUnsafeMutableBytes({ read(output, $0.baseAddress, $0.count) }), size > 0 { count += size }
            return count
        }
        let problem = StandardStreams.write(text, to: input)
        close(input)
        #expect(problem == 0)
        #expect(await reader.value == text.utf8.count)
        close(output)
    }
}

import Foundation
import Glibc

/// HTTP/1.1 over one socket, by a thread that waits: nothing lies between an answer's arrival and what the test does next. It also sends what no
/// decent client would.
package final class BlockingClient: @unchecked Sendable {
    // Sendable: the socket is constant, and the input is that thread's which reads.
    package struct Head {
        package let status: Int
        /// By names in lower case.
        package let headers: [String: String]

        /// Whether the body goes on for as long as both ends like.
        package var isEndless: Bool {
            headers["content-type"].map { $0.hasPrefix("text/event-stream") || $0.contains("recordio") } == true || headers["mesos-stream-id"] != nil
                || headers["content-length"] == nil && headers["transfer-encoding"] != "chunked"
        }
    }

    private let socket: Int32
    private var input: [UInt8] = []
    private var records: [UInt8] = []

    /// - Parameter patience: seconds that each read and each write may take.
    package init(ip: String, port: UInt16, patience: Int = 20) throws {
        socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard socket >= 0 else { throw TestFailure("socket: \(errno)") }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = inet_addr(ip)
        var time = timeval(tv_sec: patience, tv_usec: 0)
        let size = socklen_t(MemoryLayout<timeval>.size)
        setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &time, size)
        setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &time, size)
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
        }
        guard result == 0 else {
            let error = errno
            close(socket)
            throw TestFailure("can't connect to \(ip):\(port): \(String(cString: strerror(error)))")
        }
    }

    deinit { close(socket) }

    /// Ends the connection, also for a thread that waits.
    package func shutDown() { shutdown(socket, Int32(SHUT_RDWR)) }

    package func send(_ bytes: [UInt8]) throws {
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes { Glibc.send(socket, $0.baseAddress.map { $0 + sent }, bytes.count - sent, Int32(MSG_NOSIGNAL)) }
            guard count > 0 else { throw TestFailure("send: \(String(cString: strerror(errno)))") }
            sent += count
        }
    }

    package func send(_ method: String, _ path: String, headers: [(String, String)] = [], body: [UInt8] = []) throws {
        var text = "\(method) \(path) HTTP/1.1\r\nHost: test\r\nContent-Length: \(body.count)\r\n"
        for (name, value) in headers { text += "\(name): \(value)\r\n" }
        try send(Array((text + "\r\n").utf8) + body)
    }

    package func head() throws -> Head {
        while true {
            var head = try parse(upTo: [13, 10, 13, 10])
            let lines = String(decoding: head, as: UTF8.self).split(whereSeparator: \.isNewline)
            head = []
            guard let first = lines.first?.split(separator: " "), first.count > 1, let status = Int(first[1]) else { throw TestFailure("no answer") }
            if status == 100 { continue }
            var headers: [String: String] = [:]
            for line in lines.dropFirst() {
                guard let colon = line.firstIndex(of: ":") else { continue }
                headers[line[..<colon].lowercased()] = line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
            }
            return Head(status: status, headers: headers)
        }
    }

    /// The whole body of an answer that has an end.
    package func body(of head: Head) throws -> [UInt8] {
        if let length = head.headers["content-length"].flatMap({ Int($0) }) { return try take(length) }
        var body: [UInt8] = []
        while head.headers["transfer-encoding"] == "chunked" {
            let chunk = try take(chunkLength())
            _ = try take(2)
            if chunk.isEmpty { break }
            body += chunk
        }
        return body
    }

    /// The next chunk of an endless body.
    package func chunk() throws -> [UInt8] {
        let chunk = try take(chunkLength())
        _ = try take(2)
        return chunk
    }

    /// The next record of an endless body in RecordIO.
    package func record() throws -> [UInt8] {
        while true {
            if let end = records.firstIndex(of: 10) {
                guard let length = Int(String(decoding: records[..<end], as: UTF8.self)) else { throw TestFailure("no record") }
                if records.count > end + length {
                    defer { records.removeFirst(end + 1 + length) }
                    return Array(records[(end + 1)...(end + length)])
                }
            }
            records += try chunk()
        }
    }

    private func chunkLength() throws -> Int {
        let line = String(decoding: try parse(upTo: [13, 10]).dropLast(2), as: UTF8.self)
        guard let length = Int(line, radix: 16) else { throw TestFailure("no chunk: \(line)") }
        return length
    }

    private func take(_ count: Int) throws -> [UInt8] {
        while input.count < count { try fill() }
        defer { input.removeFirst(count) }
        return Array(input[..<count])
    }

    private func parse(upTo end: [UInt8]) throws -> [UInt8] {
        var searched = 0
        while true {
            while searched + end.count <= input.count {
                if input[searched..<searched + end.count].elementsEqual(end) { return try take(searched + end.count) }
                searched += 1
            }
            try fill()
        }
    }

    private func fill() throws {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        let count = recv(socket, &buffer, buffer.count, 0)
        guard count > 0 else { throw TestFailure(count == 0 ? "the server has hung up" : "recv: \(String(cString: strerror(errno)))") }
        input += buffer[..<count]
    }
}

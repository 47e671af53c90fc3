import NIOCore
import NIOHTTP1
import Testing
import Transport

/// What the side that dials reports when no stream comes about.
@Suite(.serialized) struct RecordConnectionTests {
    private func end(of url: String, body: RecordConnection.Request.Body = .bytes([1]), answerTimeout: Duration = .seconds(10)) async throws
        -> StreamEnd
    {
        let ends = Probe<StreamEnd>()
        let stream = RecordStream(outbox: Outbox(), onRecords: { _ in .more }, onEnd: { ends.append($0) })
        var request = RecordConnection.Request(url: url, headers: ["Content-Type": "application/json"], body: body)
        request.answerTimeout = answerTimeout
        let connection = RecordConnection.open(request, stream: stream)
        let end = try await ends.first()
        connection.close()
        #expect(!stream.outbox.offer(record: [1]))
        #expect(ends.elements == [end])
        return end
    }

    @Test func `a redirect is left to the caller, with its location as it was sent`() async throws {
        try await withService { call in
            Reply(status: .temporaryRedirect, headers: ["Location": "//10.0.0.1:5050\(call.target)"])
        } _: { address in
            let end = try await end(of: address.url("/api/v1/scheduler?a=b"))
            guard case .refused(let answer) = end else {
                Issue.record("ended with \(end)")
                return
            }
            #expect(answer.status == .temporaryRedirect)
            #expect(answer.headers["Location"] == ["//10.0.0.1:5050/api/v1/scheduler?a=b"])
            #expect(answer.body.isEmpty)
        }
    }

    @Test(arguments: [false, true])
    func `a refusal carries its text, whether or not the request streams`(_ isStreaming: Bool) async throws {
        try await withService { _ in
            .text(.badRequest, "Failed to validate scheduler::Call: no")
        } _: { address in
            let end = try await end(of: address.url("/"), body: isStreaming ? .outbox : .bytes([1, 2]))
            guard case .refused(let answer) = end else {
                Issue.record("ended with \(end)")
                return
            }
            #expect(answer.status == .badRequest)
            #expect(answer.text == "Failed to validate scheduler::Call: no")
        }
    }

    @Test func `the body and the headers of a request with a fixed body arrive, and records follow`() async throws {
        try await withService { call in
            let body = try await call.body.collect()
            #expect(call.headers["Content-Type"] == ["application/json"])
            #expect(call.method == .POST)
            let outbox = Outbox()
            outbox.offer(record: body + [9])
            outbox.close(.afterDrain)
            return .records(RecordStream(outbox: outbox) { _ in }, contentType: "application/json", headers: ["Mesos-Stream-Id": "7"])
        } _: { address in
            let records = Probe<[UInt8]>()
            let ends = Probe<StreamEnd>()
            let heads = Probe<HTTPHeaders>()
            let stream = RecordStream(outbox: Outbox()) {
                for record in $0 { records.append(record) }
                return .more
            } onEnd: {
                ends.append($0)
            }
            let request = RecordConnection.Request(
                url: address.url("/"), headers: ["Content-Type": "application/json"], body: .bytes([1, 2]))
            RecordConnection.open(request, stream: stream) { heads.append($0) }
            try await ends.expectFirst(.goodbye)
            #expect(records.elements == [[1, 2, 9]])
            #expect(heads.elements.map { $0["Mesos-Stream-Id"] } == [["7"]])
        }
    }

    @Test func `nobody listening, a name that is none and a text that is no URL are unreachable, with a reason`() async throws {
        let rows = [
            ("http://127.0.0.1:1/", "Nothing listens on 127.0.0.1:1"),
            ("http://no-such-host.invalid:5050/", "The name 'no-such-host.invalid' can't be resolved"),
            ("ftp://127.0.0.1/", "'ftp://127.0.0.1/' is not an http or https URL")
        ]
        for (url, reason) in rows {
            let end = try await end(of: url)
            #expect(end == .unreachable(reason))
        }
    }

    @Test func `a server that accepts and never answers is silent`() async throws {
        try await withService { call in
            _ = try await call.body.collect()
            return .text(.ok, "")
        } _: { address in
            // The body never ends, so the server never answers.
            let end = try await end(of: address.url("/"), body: .outbox, answerTimeout: .milliseconds(200))
            #expect(end == .silent)
        }
    }

    @Test func `a server that speaks no TLS can't be reached by https`() async throws {
        try await withService { _ in
            .text(.ok, "")
        } _: { address in
            let end = try await end(of: "https://127.0.0.1:\(address.port)/")
            guard case .unreachable = end else {
                Issue.record("ended with \(end)")
                return
            }
        }
    }

    @Test func `closing before the connection exists ends the stream as closed`() async throws {
        try await withService { _ in
            .text(.ok, "")
        } _: { address in
            let ends = Probe<StreamEnd>()
            let stream = RecordStream(outbox: Outbox(), onRecords: { _ in .more }, onEnd: { ends.append($0) })
            RecordConnection.open(.init(url: address.url("/"), headers: [:], body: .outbox), stream: stream).close()
            try await ends.expectFirst(.closed)
        }
    }
}

import Foundation
import Harness
import Testing

/// docs/tour.md is true: each of its commands is run, and what it prints is compared.
@Suite(.serialized)
struct TourTests {
    struct Step: Hashable {
        var command: String
        var output: [String] = []
    }

    private static let page = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("docs/tour.md")

    /// Commands begin with `$`; lines that are indented further, or follow an unfinished one, belong to them; all else is output.
    static func steps(of page: String) -> [Step] {
        var steps: [Step] = []
        for line in page.split(separator: "\n", omittingEmptySubsequences: false) where line.hasPrefix("    ") {
            let text = String(line.dropFirst(4))
            if text.hasPrefix("$ ") {
                steps.append(Step(command: String(text.dropFirst(2))))
            } else if text.hasPrefix("    "), let last = steps.indices.last, steps[last].output.isEmpty {
                steps[last].command += "\n" + text
            } else if let last = steps.indices.last {
                steps[last].output.append(text)
            }
        }
        return steps
    }

    /// What differs from run to run: ids, times, addresses.
    static func comparable(_ text: String, _ ip: String) -> String {
        text.replacing(ip, with: "127.0.0.1")
            .replacing(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/, with: "<uuid>")
            .replacing(/"ip":[0-9]+/, with: "\"ip\":<number>")
            .replacing(/[A-Z][a-z]{2}, [0-9]{2} [A-Z][a-z]{2} [0-9]{4} [0-9:]{8} GMT/, with: "<date>")
            .trimmingCharacters(in: .newlines)
    }

    @Test func `each command of the tour prints what the page says`() async throws {
        let steps = Self.steps(of: try String(contentsOf: Self.page, encoding: .utf8))
        #expect(steps.count > 20 && steps.filter { !$0.output.isEmpty }.count > 10)
        try await Cluster.empty { cluster in
            let words = try #require(steps.first?.command.firstMatch(of: /^agora up --resources '(.*)'$/)?.1)
            try cluster.start("up", ["up", "--ip", cluster.ip, "--work-dir", cluster.folder + "/data", "--resources", String(words)])
            try await cluster.waitUntilReady(agents: 1, services: true, batch: true)
            var script = "cd \(cluster.folder)\nagora() { \(ServerProcess.programs)/agora \"$@\"; }\n"
            for (number, step) in steps.enumerated().dropFirst() {
                script += step.command.replacing("127.0.0.1", with: cluster.ip) + "\nprintf '\\001%s\\n' \(number)\n"
            }
            let file = cluster.folder + "/tour.sh"
            try Data(script.utf8).write(to: URL(fileURLWithPath: file))
            let (status, output) = try await outcome(
                of: "/bin/bash", [file],
                environment: ["AGORA_MASTER": cluster.master, "AGORA_SERVICES": cluster.services, "AGORA_BATCH": cluster.batch], within: 60)
            #expect(status == 0)
            var rest = output[...]
            for (number, step) in steps.enumerated().dropFirst() {
                let end = try #require(rest.range(of: "\u{1}\(number)\n"), "the tour stopped before: \(step.command)\n\(rest)")
                let printed = Self.comparable(String(rest[..<end.lowerBound]), cluster.ip)
                #expect(printed == Self.comparable(step.output.joined(separator: "\n"), cluster.ip), "\(step.command)")
                rest = rest[end.upperBound...]
            }
        }
    }

    @Test func `a page is read as its reader reads it`() {
        let page = "text\n\n    $ one \\\n        more\n    out\n    put\n\n    $ two\n"
        #expect(Self.steps(of: page) == [Step(command: "one \\\n    more", output: ["out", "put"]), Step(command: "two")])
    }
}

import ArgumentParser
import BatchServer
import Foundation
import JSON
import Machine

extension JobCommand {
    /// Checks files as a cluster would, so that a mistake is found where it is made.
    struct Validate: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Check files with jobs; no cluster is needed.",
            discussion: "A file holds one job or an array of jobs; parents may be in other files. Exit status 1 if a cluster would refuse one.")
        @Argument(help: "Files with definitions; - is standard input.") var files: [String]
        @Flag(help: "JSON for programs.") var json = false

        func run() async throws {
            var definitions: [JSONValue] = []
            var sources: [String] = []
            var findings: [JobValidator.Finding] = []
            do {
                for file in files {
                    let value = try JobCommand.read(file)
                    let jobs = value.array ?? [value]
                    definitions += jobs
                    sources += jobs.map { _ in file }
                }
                let seconds = Date().timeIntervalSince1970
                var validator = JobValidator(at: Moment(monotonic: 0, wall: Int64(seconds * 1_000) * .millisecond))
                findings = validator.check(definitions)
            } catch {
                fail("\(error)")
            }
            let lines = zip(sources, findings).map(line)
            if json { printJSON(.array(lines)) } else { for line in lines { say(Self.text(line)) } }
            if findings.contains(where: { $0.error != nil }) { throw ExitCode(1) }
        }

        private func line(_ file: String, _ finding: JobValidator.Finding) -> JSONValue {
            [
                "file": .string(file), "job": .string(finding.name), "error": finding.error.map { .string($0) } ?? .null,
                "unknownParents": .array(finding.unknownParents.map { .string($0) })
            ]
        }

        private static func text(_ line: JSONValue) -> String {
            let name = line["job"]?.string ?? ""
            let place = "\(line["file"]?.string ?? ""): \(name.isEmpty ? "a job without a name" : name): "
            if let error = line["error"]?.string { return place + error }
            let parents = line["unknownParents"]?.array?.compactMap(\.string) ?? []
            return place + (parents.isEmpty ? "valid" : "valid, if the cluster has \(parents.joined(separator: ", "))")
        }
    }
}

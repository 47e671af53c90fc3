import AgentCore
import Foundation

/// Which paths the files endpoints show, and where they really lie: every sandbox below the work folder, by its real path, by
/// `…/runs/latest`, and by `/frameworks/<F>/executors/<E>/runs/<container or latest>`.
/// Specified by Mesos 1.11 docs/sandbox.md and docs/endpoints/files/.
struct VirtualPaths {
    struct Place {
        /// A sandbox's folder; real but for what the task put below it.
        let root: String
        /// Below it.
        let path: String
        /// What the path began with, as it was asked for.
        let prefix: String
    }

    let workFolder: String
    let agentID: String

    /// - Returns: nil if the path is none of ours.
    func place(of path: String) -> Place? {
        let real = workFolder + "/slaves/"
        if path.hasPrefix(real) { return place(path, after: real, agent: nil) }
        return path.hasPrefix("/frameworks/") ? place(path, after: "/", agent: agentID) : nil
    }

    private func place(_ path: String, after prefix: String, agent: String?) -> Place? {
        var parts = path.dropFirst(prefix.count).split(separator: "/").map(String.init)[...]
        var taken = agent == nil ? [] : [agent ?? ""]
        let shown = prefix.hasSuffix("/") ? String(prefix.dropLast()) : prefix
        let pattern: [String?] = (agent == nil ? [nil] : []) + ["frameworks", nil, "executors", nil, "runs", nil]
        guard parts.count >= pattern.count else { return nil }
        var seen: [String] = []
        for expected in pattern {
            guard let part = parts.popFirst(), expected == nil || part == expected, part != ".", part != ".." else { return nil }
            seen.append(part)
            taken.append(part)
        }
        guard taken.count == 7 else { return nil }
        let runs = "\(workFolder)/slaves/" + taken.dropLast().joined(separator: "/")
        guard let run = taken.last.flatMap({ $0 == "latest" ? latest(in: runs) : $0 }) else { return nil }
        return Place(root: "\(runs)/\(run)", path: parts.joined(separator: "/"), prefix: shown + "/" + seen.joined(separator: "/"))
    }

    /// The link is ours, but a name is all that it may hold.
    private func latest(in runs: String) -> String? {
        guard let name = try? FileManager.default.destinationOfSymbolicLink(atPath: runs + "/latest") else { return nil }
        return name.contains("/") || name == "." || name == ".." ? nil : name
    }
}

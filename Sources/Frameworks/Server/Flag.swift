import Foundation

/// Under which heading the help shows a flag.
package struct FlagSection: Hashable, Sendable {
    package let title: String

    package init(_ title: String) { self.title = title }
}

/// One flag of a framework's process under the name that the original gives it.
package struct Flag<Settings>: Sendable {
    package enum Kind: Sendable {
        /// With a value, named by what stands in the help.
        case value(String, @Sendable (inout Settings, String) throws(SettingsError) -> Void)
        /// `--name` and `--disable_name`.
        case toggle(@Sendable (inout Settings, Bool) -> Void)
        /// Taken, and without effect: there is nothing here that it could change.
        case ignored(takesValue: Bool)
        /// What it asks for isn't served; the text says so.
        case refused(String)
    }

    /// In snake case; dashes are taken as well.
    package let name: String
    /// nil: not in the help.
    let section: FlagSection?
    let help: String
    let kind: Kind

    package init(name: String, section: FlagSection?, help: String, kind: Kind) {
        self.name = name
        self.section = section
        self.help = help
        self.kind = kind
    }
}

extension Flag {
    package static func text(
        _ name: String, _ placeholder: String, _ section: FlagSection, _ help: String, _ set: @escaping @Sendable (inout Settings, String) -> Void
    ) -> Flag {
        Flag(
            name: name, section: section, help: help,
            kind: .value(placeholder) { settings, text throws(SettingsError) in set(&settings, text) })
    }

    package static func number(
        _ name: String, _ section: FlagSection, _ help: String, _ set: @escaping @Sendable (inout Settings, Int) -> Void
    ) -> Flag {
        Flag(
            name: name, section: section, help: help,
            kind: .value("n") { settings, text throws(SettingsError) in
                guard let number = Int(text), (0...Int(Int32.max)).contains(number) else {
                    throw SettingsError(description: "--\(name) must be a whole number from 0 to \(Int32.max), not '\(text)'")
                }
                set(&settings, number)
            })
    }

    package static func decimal(
        _ name: String, _ section: FlagSection, _ help: String, _ set: @escaping @Sendable (inout Settings, Double) -> Void
    ) -> Flag {
        Flag(
            name: name, section: section, help: help,
            kind: .value("n") { settings, text throws(SettingsError) in
                guard let number = Double(text), number.isFinite, (0...1e9).contains(number) else {
                    throw SettingsError(description: "--\(name) must be a number from 0, not '\(text)'")
                }
                set(&settings, number)
            })
    }

    package static func list(
        _ name: String, _ placeholder: String, _ section: FlagSection, _ help: String,
        _ set: @escaping @Sendable (inout Settings, [String]) -> Void
    ) -> Flag {
        text(name, placeholder, section, help) { settings, text in
            set(&settings, text.split(separator: ",").map { $0.trimmingPrefix { $0 == " " } }.map { String($0) })
        }
    }

    package static func toggle(
        _ name: String, _ section: FlagSection, _ help: String, _ set: @escaping @Sendable (inout Settings, Bool) -> Void
    ) -> Flag {
        Flag(name: name, section: section, help: help, kind: .toggle(set))
    }

    package static func ignored(_ name: String, takesValue: Bool = true) -> Flag {
        Flag(name: name, section: nil, help: "", kind: .ignored(takesValue: takesValue))
    }

    package static func refused(_ name: String, _ reason: String) -> Flag {
        Flag(name: name, section: nil, help: "", kind: .refused(reason))
    }

    /// The same under another name, which the help doesn't show.
    package func alias(_ name: String) -> Flag { Flag(name: name, section: nil, help: "", kind: kind) }

    /// The same, not in the help.
    package var hidden: Flag { alias(name) }

    /// A flag whose value lies in a file.
    package static func file(
        _ name: String, _ section: FlagSection, _ help: String, _ set: @escaping @Sendable (inout Settings, String) -> Void
    ) -> Flag {
        Flag(
            name: name, section: section, help: help,
            kind: .value("path") { settings, path throws(SettingsError) in
                guard let text = try? String(contentsOfFile: path, encoding: .utf8) else {
                    throw SettingsError(description: "--\(name): \(path) can't be read")
                }
                set(&settings, text.trimmingCharacters(in: .newlines))
            })
    }

    /// As it stands in the help.
    var usage: String {
        switch kind {
        case .value(let placeholder, _): "--\(name) <\(placeholder)>"
        case .toggle: "--\(name), --disable_\(name)"
        case .ignored, .refused: "--\(name)"
        }
    }
}

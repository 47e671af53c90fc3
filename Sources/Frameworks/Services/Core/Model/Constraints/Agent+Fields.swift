package import FrameworkCore

extension Agent {
    /// What constraints compare; nil if the agent has no such field.
    package func value(of field: Constraint.Field) -> String? {
        switch field {
        case .hostname: host
        case .region: region
        case .zone: zone
        case .attribute(let name): attributes.first { $0.name == name }?.value.text
        }
    }
}

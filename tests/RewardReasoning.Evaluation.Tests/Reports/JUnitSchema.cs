using System.Xml;
using System.Xml.Linq;
using System.Xml.Schema;

namespace RewardReasoning.Evaluation.Tests.Reports;

/// <summary>
/// The rules of junit-10.xsd, the schema of Jenkins' xUnit plugin, to which GitLab, pytest (xunit2) and others keep too: which elements and
/// attributes there are, which are required, and how times look.
/// </summary>
internal static class JUnitSchema
{
    private const string Rules = """
        <xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">
          <xs:simpleType name="time">
            <xs:restriction base="xs:string"><xs:pattern value="(([0-9]{0,3},)*[0-9]{3}|[0-9]{0,3})*(\.[0-9]*)?"/></xs:restriction>
          </xs:simpleType>
          <xs:complexType name="outcome" mixed="true">
            <xs:attribute name="message" type="xs:string"/>
            <xs:attribute name="type" type="xs:string"/>
          </xs:complexType>
          <xs:element name="testsuites">
            <xs:complexType>
              <xs:sequence><xs:element ref="testsuite" minOccurs="0" maxOccurs="unbounded"/></xs:sequence>
              <xs:attribute name="name" type="xs:string"/>
              <xs:attribute name="tests" type="xs:string"/>
              <xs:attribute name="failures" type="xs:string"/>
              <xs:attribute name="errors" type="xs:string"/>
              <xs:attribute name="time" type="time"/>
            </xs:complexType>
          </xs:element>
          <xs:element name="testsuite">
            <xs:complexType>
              <xs:choice minOccurs="0" maxOccurs="unbounded">
                <xs:element ref="testsuite"/>
                <xs:element ref="testcase"/>
                <xs:element ref="properties"/>
                <xs:element name="system-out" type="xs:string"/>
                <xs:element name="system-err" type="xs:string"/>
              </xs:choice>
              <xs:attribute name="name" type="xs:string" use="required"/>
              <xs:attribute name="tests" type="xs:string" use="required"/>
              <xs:attribute name="failures" type="xs:string" use="required"/>
              <xs:attribute name="errors" type="xs:string" use="required"/>
              <xs:attribute name="skipped" type="xs:string"/>
              <xs:attribute name="time" type="time"/>
              <xs:attribute name="timestamp" type="xs:string"/>
              <xs:attribute name="hostname" type="xs:string"/>
              <xs:attribute name="group" type="xs:string"/>
              <xs:attribute name="id" type="xs:string"/>
              <xs:attribute name="package" type="xs:string"/>
              <xs:attribute name="file" type="xs:string"/>
              <xs:attribute name="log" type="xs:string"/>
              <xs:attribute name="url" type="xs:string"/>
            </xs:complexType>
          </xs:element>
          <xs:element name="properties">
            <xs:complexType>
              <xs:sequence>
                <xs:element name="property" minOccurs="0" maxOccurs="unbounded">
                  <xs:complexType>
                    <xs:attribute name="name" type="xs:string" use="required"/>
                    <xs:attribute name="value" type="xs:string" use="required"/>
                  </xs:complexType>
                </xs:element>
              </xs:sequence>
            </xs:complexType>
          </xs:element>
          <xs:element name="testcase">
            <xs:complexType>
              <xs:choice minOccurs="0" maxOccurs="unbounded">
                <xs:element name="skipped" type="outcome"/>
                <xs:element name="error" type="outcome"/>
                <xs:element name="failure" type="outcome"/>
                <xs:element name="system-out" type="xs:string"/>
                <xs:element name="system-err" type="xs:string"/>
              </xs:choice>
              <xs:attribute name="name" type="xs:string" use="required"/>
              <xs:attribute name="time" type="xs:string"/>
              <xs:attribute name="classname" type="xs:string"/>
              <xs:attribute name="group" type="xs:string"/>
            </xs:complexType>
          </xs:element>
        </xs:schema>
        """;

    /// <summary>What a document has against the schema.</summary>
    public static IReadOnlyList<string> FaultsOf(string xml)
    {
        XmlSchemaSet schemas = new();
        using (StringReader text = new(Rules))
        using (XmlReader reader = XmlReader.Create(text))
        {
            schemas.Add(null, reader);
        }

        List<string> faults = [];
        XDocument document = XDocument.Parse(xml);
        document.Validate(schemas, (_, fault) => faults.Add(fault.Message));
        return document.Root?.Name.LocalName is "testsuites" or "testsuite" ? faults : [.. faults, "The root is no list of suites."];
    }
}

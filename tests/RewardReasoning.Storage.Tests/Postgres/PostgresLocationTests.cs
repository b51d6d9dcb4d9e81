using Npgsql;
using Xunit;

namespace RewardReasoning.Storage.Tests.Postgres;

public sealed class PostgresLocationTests
{
    [Fact]
    public void Parse_WholeAddress_SetsEverything()
    {
        NpgsqlConnectionStringBuilder connection = PostgresLocation.Parse(
            "postgresql://first%40team@db.example:5433/my%20votes?sslmode=verify-full&sslrootcert=/etc/ca.pem"
        );
        Assert.Equal(
            ("db.example", 5433, "first@team", "my votes", SslMode.VerifyFull, "/etc/ca.pem"),
            (connection.Host, connection.Port, connection.Username, connection.Database, connection.SslMode, connection.RootCertificate)
        );
        Assert.Equal(5432, PostgresLocation.Parse("postgres://u@h/d").Port);
    }

    [Theory]
    [InlineData("postgres://me:s3cret@h/d", "PGPASSWORD")]
    [InlineData("postgres://me@h/d?password=s3cret", "PGPASSWORD")]
    [InlineData("postgres:///s3cret", "looks like postgres://")]
    [InlineData("postgres://me@h/d?sslmode=s3cret-no", "sslmode")]
    public void Parse_WhatCannotBeUsed_SaysWhy(string location, string says)
    {
        CompletionStoreException error = Assert.Throws<CompletionStoreException>(() => PostgresLocation.Parse(location));
        Assert.Contains(says, error.Message, StringComparison.Ordinal);
        Assert.True(error.IsUnusable);
        Assert.Equal(says == "sslmode", error.Message.Contains("s3cret", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("postgres://h/d", true)]
    [InlineData("POSTGRESQL://h/d", true)]
    [InlineData("postgres.db", false)]
    [InlineData("/postgres/store.db", false)]
    public void Is_AddressOrPath(string location, bool expected) => Assert.Equal(expected, PostgresLocation.Is(location));
}

"""What somebody writes in an afternoon instead: chats with one commit a message. They import nothing of ours."""
